# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
<#
.SYNOPSIS
Shows what cluster.psd1 says and what of it is on this host. Changes nothing; the other scripts begin with it.
.DESCRIPTION
A machine is "ours" when its notes say that New-HAKubeCluster.ps1 made it for this node of this cluster, "foreign" when
another one has its name, and "missing" when there is none.
.PARAMETER Node
Only these nodes.
.EXAMPLE
(.\Read-HAKubeCluster.ps1).Machines | Format-Table Node, VM, State, MediumPath
#>
[CmdletBinding()]
param(
    [string[]]$Node
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

try {
    # By name, because other products have a Get-VM and a New-VM of their own.
    Import-Module -Name Hyper-V -Verbose:$false
}
catch {
    throw ('This computer has no PowerShell module for Hyper-V. Windows Server: Install-WindowsFeature Hyper-V -IncludeManagementTools. ' +
        'Windows 10 and 11: Enable-WindowsOptionalFeature -Online -FeatureName Microsoft-Hyper-V -All.')
}

# Import-PowerShellDataFile reads no more than 500 keys, which some twenty machines have.
Import-LocalizedData -BindingVariable 'data' -BaseDirectory $PSScriptRoot -FileName 'cluster.psd1'
$media = Split-Path -Parent $PSScriptRoot

foreach ($name in $Node) {
    if (@($data.Machines | ForEach-Object { $_.Node }) -notcontains $name) {
        throw "Cluster '$($data.Cluster)' has no node '$name'."
    }
}

function Resolve-HostPath([string]$Path) {
    if ($Path -eq '' -or [System.IO.Path]::IsPathRooted($Path)) {
        return $Path
    }
    return [System.IO.Path]::Combine($media, $Path)
}

# Reads the line that New-HAKubeCluster.ps1 leaves in a machine's notes.
function Read-Mark([string]$Notes) {
    foreach ($line in ($Notes -split "`r?`n")) {
        if ($line -match '^hakube-seed cluster=(\S+) node=(\S+) disk=(\S*) path=(.+)$') {
            return [pscustomobject]@{
                Cluster  = $Matches[1]
                Node     = $Matches[2]
                DiskId   = $Matches[3]
                DiskPath = $Matches[4].Trim()
            }
        }
    }
}

try {
    $everyVM = @(Get-VM)
}
catch {
    throw ("Hyper-V does not answer: $($_.Exception.Message) Open PowerShell as an administrator, or as a member of the group " +
        'Hyper-V Administrators.')
}

function Find-Machine($Entry) {
    $found = [pscustomobject]@{ State = 'missing'; Machine = $null; Mark = $null }
    foreach ($vm in @($everyVM | Where-Object { $_.Name -eq $Entry.VM })) {
        $mark = Read-Mark $vm.Notes
        if ($mark -and $mark.Cluster -eq $data.Cluster -and $mark.Node -eq $Entry.Node) {
            return [pscustomobject]@{ State = 'ours'; Machine = $vm; Mark = $mark }
        }
        $found.State = 'foreign'
    }
    return $found
}

$machines = foreach ($entry in @($data.Machines)) {
    if ($Node -and $Node -notcontains $entry.Node) {
        continue
    }
    $found = Find-Machine $entry
    $machine = [pscustomobject]$entry
    $machine | Add-Member -NotePropertyMembers @{
        State      = $found.State
        Machine    = $found.Machine
        Mark       = $found.Mark
        MediumPath = Resolve-HostPath $entry.Medium
        BundlePath = Resolve-HostPath $entry.Bundle
        ImagePath  = Resolve-HostPath $entry.Image
        HomePath   = Resolve-HostPath $entry.Path
    }
    $machine
}

[pscustomobject]@{
    Cluster    = $data.Cluster
    Switch     = $data.Switch
    SwitchType = $data.SwitchType
    Adapter    = $data.Adapter
    Media      = $media
    Machines   = @($machines)
}

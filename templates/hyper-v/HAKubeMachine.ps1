# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
# The parts of one machine, for New-HAKubeCluster.ps1, which reads this file. Each function takes a machine as
# Read-HAKubeCluster.ps1 returns it. None asks or checks for -WhatIf: that was done before.

function Assert-Mac($Card, $Taken, $VMHost) {
    $mac = $Card.MAC -replace '-', ''
    if ($Taken.ContainsKey($mac)) {
        throw "$($Card.MAC) is the MAC address of the machine '$($Taken[$mac])'; two with the same one cannot be on a network."
    }
    if ($mac -ge $VMHost.MacAddressMinimum -and $mac -le $VMHost.MacAddressMaximum) {
        Write-Warning ("$($Card.MAC) is among the addresses that this host gives to machines without a fixed one " +
            "($($VMHost.MacAddressMinimum) to $($VMHost.MacAddressMaximum)): give the node another mac:, or the host another range (Set-VMHost).")
    }
}

# The medium must be the one that gen wrote: a copy that broke off boots, and fails later in ways that nobody can read.
function Assert-Medium($Machine, $Manifest) {
    if ($Machine.Bundle -ne '' -and -not (Test-Path -LiteralPath $Machine.BundlePath -PathType Leaf)) {
        throw "There is no bundle $($Machine.BundlePath): hakube-seed bundle create writes it; hyperv.bundle names another."
    }
    if (-not (Test-Path -LiteralPath $Machine.MediumPath -PathType Leaf)) {
        throw "There is no medium $($Machine.MediumPath): copy the whole directory that hakube-seed gen wrote, or run gen again."
    }
    $entry = @($Manifest.nodes | ForEach-Object { $_.media } | Where-Object { $_.file -eq $Machine.Medium })
    if ($entry.Count -ne 1) {
        throw "manifest.json does not name $($Machine.Medium): run hakube-seed gen again."
    }
    $hash = (Get-FileHash -LiteralPath $Machine.MediumPath -Algorithm SHA256).Hash
    if ($hash -ne $entry[0].sha256) {
        throw "$($Machine.MediumPath) is not the medium that gen wrote (its SHA-256 differs from manifest.json): copy it again."
    }
}

function Assert-Image($Machine) {
    $path = $Machine.ImagePath
    if (-not (Test-Path -LiteralPath $path -PathType Leaf)) {
        throw "There is no VM image $path. Name yours with -Image or hyperv.image; docs/hyper-v.md shows how to make one."
    }
    $unfit = [System.IO.FileAttributes]::SparseFile -bor [System.IO.FileAttributes]::Compressed
    if (((Get-Item -LiteralPath $path).Attributes -band $unfit) -ne 0) {
        throw "$path is sparse or compressed, which Hyper-V refuses. Run: fsutil sparse setflag `"$path`" 0; compact /u `"$path`""
    }
    $image = Get-VHD -Path $path
    if ($Machine.Generation -eq 2 -and $image.VhdFormat -ne 'VHDX') {
        throw "$path is not a VHDX, which a machine of generation 2 needs: Convert-VHD makes one of it."
    }
    if ($image.Size -gt $Machine.DiskGiB * 1gb) {
        throw "$path holds a disk of $([math]::Ceiling($image.Size / 1gb)) GiB, more than the $($Machine.DiskGiB) GiB of hyperv.disk."
    }
    foreach ($drive in @(Get-VM | Get-VMHardDiskDrive | Where-Object { $_.Path -eq $path })) {
        throw "$path is the disk of the machine '$($drive.VMName)'; an image that changes breaks every disk that is made from it."
    }
}

function New-HAKubeDisk($Machine) {
    $size = $Machine.DiskGiB * 1gb
    if ($Machine.DiskType -eq 'differencing') {
        New-VHD -Path $Machine.DiskPath -ParentPath $Machine.ImagePath -Differencing -SizeBytes $size | Out-Null
        return
    }
    # Microsoft's advice for Linux: ext4 writes all over the disk, and larger blocks would make all of it real.
    Convert-VHD -Path $Machine.ImagePath -DestinationPath $Machine.DiskPath -VHDType Dynamic -BlockSizeBytes 1mb
    Set-VHD -Path $Machine.DiskPath -ResetDiskIdentifier -Force
    if ((Get-VHD -Path $Machine.DiskPath).Size -lt $size) {
        Resize-VHD -Path $Machine.DiskPath -SizeBytes $size
    }
}

function Set-HAKubeHardware($VM, $Machine) {
    $settings = @{
        VM                   = $VM
        ProcessorCount       = $Machine.CPUs
        StaticMemory         = $true # the kubelet reads the size once
        MemoryStartupBytes   = $Machine.MemoryMiB * 1mb
        AutomaticStartAction = $Machine.StartAction
        AutomaticStartDelay  = $Machine.StartDelay
        AutomaticStopAction  = 'ShutDown'
        CheckpointType       = 'Disabled' # one etcd member that goes back in time breaks the cluster
    }
    # Not on Windows Server 2016.
    if ((Get-Command -Name Set-VM -Module Hyper-V).Parameters.ContainsKey('AutomaticCheckpointsEnabled')) {
        $settings.AutomaticCheckpointsEnabled = $false
    }
    Set-VM @settings
    # Ubuntu's images write to a serial console and hang for minutes where there is none.
    Set-VMComPort -VM $VM -Number 1 -Path $Machine.SerialPipe
    # By id, because their names are in the host's language: data exchange, heartbeat, shutdown, time.
    $services = '2A34B1C2-FD73-4043-8A5B-DD2159BC743F', '84EAAE65-2F2E-45F5-9BB5-0E857DC8EB47',
        '9F8233AC-BE49-4C79-8EE3-E7E1985B2077', '2497F4DE-E9FA-4204-80E4-4B75C46419C0'
    Get-VMIntegrationService -VM $VM | Where-Object { $services -contains ($_.Id -split '\\')[-1] } | Enable-VMIntegrationService
}

function Set-HAKubeCards($VM, $Machine) {
    Get-VMNetworkAdapter -VM $VM | Remove-VMNetworkAdapter
    foreach ($card in $Machine.Cards) {
        $adapter = Add-VMNetworkAdapter -VM $VM -Name $card.Name -StaticMacAddress ($card.MAC -replace '-', '') -Passthru
        $network = Get-VMSwitch | Where-Object { $_.Name -eq $card.Switch }
        Connect-VMNetworkAdapter -VMNetworkAdapter $adapter -VMSwitch $network
        if ($card.Tagged -ne '') {
            Set-VMNetworkAdapterVlan -VMNetworkAdapter $adapter -Trunk -AllowedVlanIdList $card.Tagged -NativeVlanId $card.VLAN
        }
        elseif ($card.VLAN -ne 0) {
            Set-VMNetworkAdapterVlan -VMNetworkAdapter $adapter -Access -VlanId $card.VLAN
        }
        if ($card.Bonded) {
            # A bond has one address on all its cards.
            Set-VMNetworkAdapter -VMNetworkAdapter $adapter -AllowTeaming On -MacAddressSpoofing On
        }
    }
}

function Set-HAKubeFirmware($VM, $Machine) {
    if ($Machine.Generation -ne 2) {
        return
    }
    Set-VMFirmware -VM $VM -FirstBootDevice (Get-VMHardDiskDrive -VM $VM)
    if ($Machine.SecureBoot) {
        # The template that Linux is signed for: by id, which every language has; by name, for hosts that take no id.
        foreach ($template in @(@{ SecureBootTemplateId = '272e7447-90a4-4563-a4b9-8e4ab00526ce' }, @{ SecureBootTemplate = 'MicrosoftUEFICertificateAuthority' })) {
            try {
                Set-VMFirmware -VM $VM -EnableSecureBoot On @template
                return
            }
            catch {
                Write-Verbose "$($Machine.VM): $($_.Exception.Message)"
            }
        }
        Write-Warning "$($Machine.VM): this host has no Secure Boot template for Linux; Secure Boot is off."
    }
    Set-VMFirmware -VM $VM -EnableSecureBoot Off
}

function Add-HAKubeMedia($VM, $Machine) {
    $media = @($Machine.MediumPath, $Machine.BundlePath | Where-Object { $_ -like '*.iso' })
    if ($Machine.MediumPath -notlike '*.iso') {
        Add-VMHardDiskDrive -VM $VM -ControllerType SCSI -Path $Machine.MediumPath
    }
    # Generation 1 comes with an empty drive.
    $drives = @(Get-VMDvdDrive -VM $VM)
    for ($i = 0; $i -lt $media.Count; $i++) {
        if ($i -lt $drives.Count) {
            Set-VMDvdDrive -VMDvdDrive $drives[$i] -Path $media[$i]
        }
        else {
            Add-VMDvdDrive -VM $VM -Path $media[$i]
        }
    }
}

# cloud-init looks for a medium early in the boot, at times before the DVD drive is found, and then leaves the machine as it
# is. A serial number that begins with ds=nocloud tells it to go on looking. No cmdlet sets it.
function Set-HAKubeSerialNumber($VM) {
    try {
        $namespace = 'root/virtualization/v2'
        $system = Get-CimInstance -Namespace $namespace -ClassName Msvm_ComputerSystem -Filter "Name = '$($VM.Id)'"
        $settings = Get-CimAssociatedInstance -InputObject $system -ResultClassName Msvm_VirtualSystemSettingData -Association Msvm_SettingsDefineState
        $settings.BIOSSerialNumber = 'ds=nocloud'
        $serializer = [Microsoft.Management.Infrastructure.Serialization.CimSerializer]::Create()
        $bytes = $serializer.Serialize($settings, [Microsoft.Management.Infrastructure.Serialization.InstanceSerializationOptions]::None)
        $service = Get-CimInstance -Namespace $namespace -ClassName Msvm_VirtualSystemManagementService
        $answer = Invoke-CimMethod -InputObject $service -MethodName ModifySystemSettings -Arguments @{
            SystemSettings = [System.Text.Encoding]::Unicode.GetString($bytes)
        }
        # 4096: a job does it, which for a machine that is off takes no time worth waiting for.
        if (@(0, 4096) -notcontains $answer.ReturnValue) {
            throw "ModifySystemSettings returned $($answer.ReturnValue)"
        }
    }
    catch {
        Write-Warning ("$($VM.Name): the serial number could not be set ($($_.Exception.Message)). If the machine shows no " +
            'cloud-init output three minutes after its start, restart it once.')
    }
}

# Makes one machine, whole or not at all. The mark in its notes comes last: only what has it is touched by the other scripts.
function New-HAKubeMachine($Machine, [string]$Cluster) {
    $vm = $null
    try {
        [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Machine.DiskPath)) | Out-Null
        New-HAKubeDisk $Machine
        $vm = New-VM -Name $Machine.VM -Path $Machine.HomePath -Generation $Machine.Generation -MemoryStartupBytes ($Machine.MemoryMiB * 1mb) -VHDPath $Machine.DiskPath
        Set-HAKubeHardware $vm $Machine
        Set-HAKubeCards $vm $Machine
        Set-HAKubeFirmware $vm $Machine
        Add-HAKubeMedia $vm $Machine
        Set-HAKubeSerialNumber $vm
        $disk = Get-VHD -Path $Machine.DiskPath
        Set-VM -VM $vm -Notes "hakube-seed cluster=$Cluster node=$($Machine.Node) disk=$($disk.DiskIdentifier) path=$($Machine.DiskPath)"
    }
    catch {
        if ($vm) {
            Remove-VM -VM $vm -Force -ErrorAction SilentlyContinue
        }
        # Made here: there was no such file before.
        if (Test-Path -LiteralPath $Machine.DiskPath) {
            Remove-Item -LiteralPath $Machine.DiskPath -Force -ErrorAction SilentlyContinue
        }
        throw
    }
}
